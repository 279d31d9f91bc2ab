42 dtrace 82
10 1 0
42
41

