"""`python -m benchmarks` or `make bench`: all benchmarks, printed as Markdown tables."""

from benchmarks.demo import main

if __name__ == "__main__":
    main()
