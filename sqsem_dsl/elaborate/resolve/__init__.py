"""From the AST of a file to the errors of its names, each looked up once where it is written."""
