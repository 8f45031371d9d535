"""Pages for a browser: one offline file each, that holds all it shows and runs nothing but our own script.

page is what all of them share; the other modules are the report on one run.
"""
