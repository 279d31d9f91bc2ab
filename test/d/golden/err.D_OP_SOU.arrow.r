dtrace: failed to compile script err.D_OP_SOU.arrow.d: [D_OP_SOU] line 3: operator -> requires a pointer to a structure or union, not to "int"
    	trace(((int *)arg0)->x);
    	      ^~~~~~~~~~~~~~~~
