"""The company's own definitions: strict models of its YAML, the loader that reads it, the checks across files,
and the library of standard KPIs.
"""
