"""What tables in Power BI must hold, from Exact's records: a second mapping, by hand, that shares nothing with ours.

It reads neither our configuration, nor our database, nor our library; only the control ports of the two emulators.
"""
