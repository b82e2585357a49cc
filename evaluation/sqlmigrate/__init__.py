"""miglint's SQL of Django migrations, compared with Django's own on live servers."""
