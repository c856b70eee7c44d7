"""Alembic asks for this file; `upgrade` gives it the connection and the scripts directly."""
