"""What can be wrong in a space, apart from arithmetic and shapes (`ir.faults`): a file for each range of codes."""
