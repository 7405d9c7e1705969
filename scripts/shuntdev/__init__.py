"""What the Makefile's longer targets do. Standard library only, Python 3.9 or newer; run through the scripts beside this folder."""
