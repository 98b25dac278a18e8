"""Stands in for dbt's graph when SQL is linted: one source, so that a loop over sources renders once."""

from types import SimpleNamespace

sources = {"one": SimpleNamespace(source_name="raw_feed", name="invoice")}
