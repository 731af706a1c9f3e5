"""Whether the data can be trusted: rules for single records, balances between layers, expectations on tables.

A record rule sets a row aside (`record_rules`, applied by the staging build); a balance or an expectation
judges a whole table and ends as a row of `audit.check_result` (`checks`), which decides about publication.
What a table means belongs in `contracts`, how it is filled in `model`. Great Expectations is imported in
`suites` alone, inside functions, and only when there is something to check.
"""
