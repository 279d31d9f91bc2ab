dtrace: failed to compile script err.D_DECL_IDRED.tuple.d: [D_DECL_IDRED] line 2: x is declared again with another type:
	 current: associative array of int, tuple [string]
	previous: associative array of int, tuple [int]
    int x[string];
    ^~~~~~~~~~~~~
    line 1: x is defined here
    int x[int];
    ^~~~~~~~~~
