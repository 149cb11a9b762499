"""The Python interface: spaces, architectures and studies as users hold them, on top of everything else."""
