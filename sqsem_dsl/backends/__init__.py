"""What a spec compiles to."""
