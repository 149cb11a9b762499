"""From text to lark's tree, and every syntax error on the way."""
