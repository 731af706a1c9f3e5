"""Generator of the example company `harbour_home`: two years of a retailer's records.

Everything here is made up. The same arguments give the same bytes; `until` gives what
every system showed at the end of that local day. What belongs here: one module per source
system and the few tools they share. What does not: anything about the pipeline that reads
the files.
"""

from retailer_generator.build import generate

__all__ = ["generate"]
