"""Readers: each turns files of a tree into histories of migrations."""
