1 1 1
other text
1 0

