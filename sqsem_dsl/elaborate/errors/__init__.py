"""What can be wrong in a space, apart from arithmetic and shapes (`faults`): a file for each floor of codes."""
