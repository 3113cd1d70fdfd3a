"""The rooms of the series: one file for each trade. CONTRIBUTING.md says what lives where.

The notebooks come in by one door, `helpers`.
"""

from .caches import give_numba_a_place

give_numba_a_place()  # before any room imports librosa
