"""Runs every case over plain and over accelerated TCP and compares what it saw."""
