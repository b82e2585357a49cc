"""miglint's rules, one module each; the module's name is the rule's name."""
