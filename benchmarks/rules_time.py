"""The time to count a space with a rule above the network, and with the same rule in its last stage.

    python benchmarks/rules_time.py [--rounds 5]

The space has stages of a width and a depth each. The rules: widths do not decrease, and the depths together are at most
half of what they could be. Each line has the median processor time in seconds, the vertices of the diagram, and the
number of assignments. The last line counts AnyNetX-A (arXiv:2003.13678) without its shapes, which take more states
than a proof may have: 16 depths, 128 widths, 3 bottleneck ratios and 6 group widths in each of four stages.
"""

from __future__ import annotations

import argparse
import statistics
import time

from sqsem_dsl import Compilation

ANYNET = """
block x_block(x, w: int, b: int, g: int, stride: int) {
  let inner = multiple(w / b, g)
  out x -> bypass auto {
      conv(inner, 1, bias = false) -> batchnorm -> relu
      -> conv(inner, 3, stride = stride, groups = inner // g, bias = false) -> batchnorm -> relu
      -> conv(w, 1, bias = false) -> batchnorm
    } -> relu
}
"""


def staged(stages: int, above: bool) -> str:
    """A space of so many stages, with its rules above the network or in the last stage."""
    widths = " and ".join(f"w{i} <= w{i + 1}" for i in range(stages - 1))
    depths = " + ".join(f"d{i}" for i in range(stages))
    rules = f"require {widths}\nrequire {depths} <= {2 * stages}"
    lines = ["input x: [128, 128, 3]", *(f"param w{i} in 16..512 step 16  param d{i} in 1..4" for i in range(stages))]
    lines += [rules] if above else []
    before = "x"
    for i in range(stages):
        inside = "" if above or i < stages - 1 else rules
        lines.append(f"block b{i}(h) {{ {inside}\nout h -> repeat d{i} {{ conv(w{i}, 3) -> relu }} -> maxpool(2) }}")
        lines.append(f"let y{i} = {before} -> b{i}")
        before = f"y{i}"
    return "space s {\n" + "\n".join([*lines, f"output y = {before} -> gap -> dense(10)"]) + "\n}"


def anynet(stages: int = 4) -> str:
    """AnyNetX-A, with group widths that always divide the widths."""
    params = "\n".join(
        f"param d{i} in 1..16  param w{i} in 8..1024 step 8 param b{i} in [1, 2, 4] param g{i} in [1, 2, 4, 8, 16, 32]"
        for i in range(stages)
    )
    layers = " -> ".join(
        f"x_block(w{i}, b{i}, g{i}, 2) -> repeat d{i} {{ x_block(w{i}, b{i}, g{i}, 1) }}" for i in range(stages)
    )
    output = f"output y = image -> conv(32, 3, stride = 2) -> {layers} -> gap -> dense(10)"
    return f"{ANYNET}\nspace s {{\n{params}\ninput image: [224, 224, 3]\n{output}\n}}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Time rules above the network and inside it.")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each space (default: 5)")
    rounds = parser.parse_args().rounds
    for stages in (3, 4, 5, 6):
        for above in (True, False):
            seconds, result = [], ""
            for _ in range(rounds):
                compilation = Compilation.from_text(staged(stages, above))
                _ = compilation.elaborated
                start = time.process_time()
                diagram = compilation.shape_analysis["s"].diagram
                seconds.append(time.process_time() - start)
                result = "not counted" if diagram is None else f"{diagram.size:,} vertices, {diagram.count:,}"
            place = "above" if above else "inside"
            print(f"{stages} stages, rules {place}: {statistics.median(seconds):.2f} s, {result}", flush=True)
    space = Compilation.from_text(anynet()).space
    start = time.process_time()
    print(f"AnyNetX-A without shapes: {space.analysis.counted:,}, {time.process_time() - start:.2f} s")


if __name__ == "__main__":
    main()
