dtrace: failed to compile script err.D_DECL_IDRED.type.d: [D_DECL_IDRED] line 2: x is declared again with another type:
	 current: scalar string
	previous: scalar int
    string x;
    ^~~~~~~~
    line 1: x is defined here
    int x;
    ^~~~~
