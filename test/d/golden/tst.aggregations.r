one 1
two 2
total 42

