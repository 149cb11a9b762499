"""The Python interface: the spaces, architectures and studies for users, built on all other packages."""
