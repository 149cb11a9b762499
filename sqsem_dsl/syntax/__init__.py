"""From a text to lark's tree, with all syntax errors."""
