dtrace: failed to compile script err.D_DEREF_NONPTR.integer.d: [D_DEREF_NONPTR] line 3: operator * requires a pointer as its operand
    	trace(*arg0);
    	      ^~~~~
    hint: cast the address to a pointer type, as in (int *)x
