"""The Python interface: the spaces, architectures and studies that users have, on top of everything else."""
