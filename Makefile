# `make lab` to learn, `make test` to prove that every page still tells the truth.
# Written for GNU make 3.81 (macOS has no newer one) and any POSIX shell.

# TensorFlow has builds for these alone. `make lab PYTHON=/path/to/python3.13` names one yourself.
SUPPORTED = 3.13 3.12 3.11
# One name or path, which may hold spaces, or else the names to try.
PYTHONS = $(if $(PYTHON),"$(PYTHON)",python3 $(SUPPORTED:%=python%) python)
VENV_PYTHON = .venv/bin/python

# Silent where a Python will do, else it ends with the reason. Any Python can run it, 2.7 too.
CHECK = import sys, platform; v = "Python %d.%d" % sys.version_info[:2]; \
	v[7:] in "$(SUPPORTED)".split() or sys.exit(v); \
	(sys.platform, platform.machine()) == ("darwin", "x86_64") and sys.exit(v + " for Intel Macs"); \
	from importlib.util import find_spec; find_spec("ensurepip") or sys.exit(v + " without venv")

# What an installation was made for. Content, not times: git touches files without changing them.
# The folder is in it because .venv knows its own place: a moved clone needs a new one.
WANTED = pwd; cat requirements.txt requirements-lock.txt pyproject.toml

# Where it cannot be done, the reason alone is printed.
BRING_PEOPLE = import sys; sys.excepthook = lambda kind, why, trace: print(why, file=sys.stderr); \
	import helpers; helpers.fetch_recordings("people"); \
	print(len(helpers.load_recordings("people")), "clips of digits are ready.")

# What `make offline` gathers: with OFFLINE=/path/to/it, or in a copy of it, no network is needed.
OFFLINE = offline
RECORDINGS_AT_HAND = if [ -z "$$FSDD_ARCHIVE" ] && [ -f "$(OFFLINE)/recordings.tar" ]; then \
	export FSDD_ARCHIVE="$$(cd "$(OFFLINE)" && pwd)/recordings.tar"; fi
PACKAGES_AT_HAND = set --; if [ -d "$(OFFLINE)/wheels" ]; then \
	set -- --no-index --find-links "$(OFFLINE)/wheels"; fi

# What `make lab` opens: NOTEBOOKS=build/student is what `make student` has made for a class.
NOTEBOOKS = notebooks
FIRST = $(NOTEBOOKS:%/=%)/01_dataset_exploration.ipynb

NEWS = @jupyterlab/apputils-extension:announcements

# The oldest version that loads the networks of `models`, and one between: a test asks both.
OLDER_KERAS = keras-3.8.0 keras-3.11.0

.PHONY: help lab test results scaling people check student assignment offline site setup nbgrader sphinx
.PHONY: $(OLDER_KERAS)

help:
	@echo 'make lab      install what is needed, bring the recordings, open JupyterLab'
	@echo '              (NOTEBOOKS=build/student opens those of make student)'
	@echo 'make test     the same set-up, then check the style, the helpers and every notebook'
	@echo 'make results  the same set-up, then the long trainings that results/ does not hold yet'
	@echo 'make scaling  what a cluster costs, and what up to 105,000 clips take: on an idle machine'
	@echo 'make people   the same set-up, then clips of 717 people: 2.4 GB are read, 95 MB are kept'
	@echo 'make check    is this machine ready for a lesson, and how long will each notebook take?'
	@echo 'make student  the notebooks without solutions and outputs, in build/student'
	@echo 'make assignment  two notebooks for nbgrader, which collects and grades, in build/assignment'
	@echo 'make offline  a folder for a memory stick, from which make lab needs no network'
	@echo 'make site     all pages to read in a browser, in build/site/html'
	@echo 'make help     this list'

# The recordings come first, so that the notice about synthetic voices stands where it is read.
lab: setup
	@if [ "$(NOTEBOOKS)" != notebooks ] && [ ! -f "$(FIRST)" ]; then \
		echo 'There is no $(FIRST). make student makes build/student.' >&2; exit 1; fi
	@$(RECORDINGS_AT_HAND); \
	$(VENV_PYTHON) -c 'import helpers; print(len(helpers.load_recordings()), "recordings are ready.")'
	@echo 'Opening JupyterLab. Where no browser opens, copy one of the addresses below into yours.'
	@echo 'To stop it, press Ctrl+C here, twice.'
	@root=; if [ "$$(id -u)" = 0 ]; then root=--allow-root; fi; \
	exec $(VENV_PYTHON) -m jupyterlab --LabApp.default_url=/lab/tree/$(FIRST) $$root

test: setup nbgrader sphinx $(OLDER_KERAS)
	@$(RECORDINGS_AT_HAND); $(VENV_PYTHON) tests/run.py

results: setup
	@$(VENV_PYTHON) experiments.py run

scaling: setup
	@$(RECORDINGS_AT_HAND); $(VENV_PYTHON) -m spoken_digits.scaling && \
	$(VENV_PYTHON) -m spoken_digits.data_scaling

people: setup
	@$(VENV_PYTHON) -c '$(BRING_PEOPLE)'

# Without set-up: it tells what is missing, with a Python that `make lab` would take, or else any.
CAN_TELL = import sys; sys.exit(sys.version_info < (3, 8))
check:
	@for fits in '$(CHECK)' '$(CAN_TELL)'; do \
		for python in $(VENV_PYTHON) $(PYTHONS); do \
			if "$$python" -c "$$fits" 2>/dev/null; then \
				exec "$$python" -m spoken_digits.check; fi; \
		done; \
	done; $(TELL_NO_PYTHON); exit 1

student assignment: setup nbgrader
	@$(VENV_PYTHON) -m spoken_digits.editions $@

offline: setup
	@$(VENV_PYTHON) -m spoken_digits.offline

site: setup sphinx
	@$(VENV_PYTHON) -m spoken_digits.site

# In folders of their own: beside JupyterLab, nbgrader would show its menus to every learner.
nbgrader sphinx: PACKAGES = -r requirements-$@.txt
$(OLDER_KERAS): PACKAGES = keras==$(@:keras-%=%)
nbgrader sphinx $(OLDER_KERAS): setup
	@wanted=$$($(VENV_PYTHON) --version; cat requirements-$@.txt 2>/dev/null); \
	if [ "$$(cat build/$@/installed 2>/dev/null)" = "$$wanted" ]; then exit 0; fi; \
	echo 'Installing $@, which no learner needs, into build/$@.'; \
	rm -rf build/$@; $(PACKAGES_AT_HAND); \
	$(VENV_PYTHON) -m pip install --disable-pip-version-check --quiet --target build/$@ \
		--no-deps $(PACKAGES) "$$@" || { $(TELL_NO_PACKAGES); exit 1; }; \
	printf '%s\n' "$$wanted" > build/$@/installed

# .venv/installed says what .venv holds: "unfinished" while pip works, then all of WANTED.
# An unfinished .venv is made anew, because pip takes half a package for a whole one.
# JupyterLab's question about news is left out: it is the first thing that a reader would see.
setup:
	@set -e; \
	wanted=$$($(WANTED)); found=; python=; \
	if $(VENV_PYTHON) -c '$(CHECK); import pip' 2>/dev/null; then \
		installed=$$(cat .venv/installed 2>/dev/null || true); \
		if [ "$$installed" = "$$wanted" ]; then exit 0; fi; \
		if [ "$$installed" != unfinished ]; then python=$(VENV_PYTHON); fi; \
	fi; \
	if [ -z "$$python" ]; then \
		for candidate in $(PYTHONS); do \
			if "$$candidate" -c '$(CHECK)' 2>/dev/null; then python=$$candidate; break; fi; \
			why=$$("$$candidate" -c '$(CHECK)' 2>&1 | grep '^Python' || true); \
			if [ -n "$$why" ]; then found="$$found  $$candidate is $$why\n"; fi; \
		done; \
		if [ -z "$$python" ]; then $(TELL_NO_PYTHON); exit 1; fi; \
		echo "Making .venv with $$("$$python" --version)."; \
		rm -rf .venv; \
		"$$python" -m venv .venv; \
	fi; \
	echo 'Installing the packages. The first time takes a few minutes: 800 MB to fetch, 3 GB on disk.'; \
	echo unfinished > .venv/installed; $(PACKAGES_AT_HAND); \
	$(VENV_PYTHON) -m pip install --disable-pip-version-check \
		-r requirements.txt -c requirements-lock.txt -e . "$$@" || { $(TELL_NO_PACKAGES); exit 1; }; \
	$(VENV_PYTHON) -m jupyterlab.labextensions disable $(NEWS) >/dev/null 2>&1; \
	printf '%s\n' "$$wanted" > .venv/installed

TELL_NO_PYTHON = { \
	echo 'No Python was found that TensorFlow has a build for: one of $(SUPPORTED).'; \
	printf "Found:\n$${found:-  none\n}"; \
	echo 'Do one of these, then run make again:'; \
	echo '  - install Python 3.13, from python.org, Homebrew or the packages of your system;'; \
	echo '  - where it says "without venv": sudo apt install python3-venv;'; \
	echo '  - where it says "for Intel Macs": on Apple silicon, install the native Python;'; \
	echo '  - name a Python yourself: make lab PYTHON=/path/to/python3.13;'; \
	echo '  - use conda in place of make: conda env create -f environment.yml'; \
	} >&2

TELL_NO_PACKAGES = { \
	echo; \
	echo 'The packages are not all installed: the reason stands above. Run make again to go on.'; \
	if [ -f "$(OFFLINE)/made_for" ]; then \
		echo "The packages in $(OFFLINE) are for $$(cat "$(OFFLINE)/made_for")."; fi; \
	echo 'No network, a proxy, a full disk? See docs/troubleshooting.md.'; \
	} >&2
