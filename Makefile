# Short names; the commands themselves need nothing but python3.
.PHONY: run tests quick full lint lock

run:
	python3 -m app

tests:
	python3 -m tests

quick:
	python3 -m tests --quick

full:
	python3 -m tests --full

lint:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# The locks, each made anew from the file of the same name; needs uv.
lock:
	for name in requirements requirements-dev requirements-postgres requirements-setup; do \
	  uv pip compile --universal --generate-hashes --no-emit-index-url --no-header -p 3.11 $$name.in -o $$name.txt || exit 1; \
	done
