"""`sqsem dashboard`: a local page that follows a running study.

`followed` reads the journal again and again, `table`, `score_chart`, `curves_chart`, `parallel_chart`, `overview` and
`picture` make plain data of it, and `layout`, `app` and `serve` show that in a browser. Only the last three import
Dash; charts are Plotly's, as plain data.
"""
