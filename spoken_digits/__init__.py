"""The rooms of the series: one file for each trade. CONTRIBUTING.md says what lives where.

The notebooks come in by one door, `helpers`.
"""
