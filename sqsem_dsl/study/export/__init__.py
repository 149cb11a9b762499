"""Exports of a study's models: written by Keras's own exporters, and compared with the original on samples.

| module | has |
| --- | --- |
| `formats` | the formats, with the packages that write and run them |
| `write_model` | one model written in a format |
| `run_exported` | an exported model as a function |
| `export_model` | the export: written, compared, measured |
| `exported_files` | the exports in a folder, also earlier ones |
| `model_card` | a description of the model beside it |
"""
