"""The errors of a space except arithmetic and shapes (`ir.faults`): a file for each range of codes."""
