"""Django's database backends without drivers, connections or servers."""
