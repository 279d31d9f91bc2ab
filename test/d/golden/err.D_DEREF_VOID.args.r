dtrace: failed to compile script err.D_DEREF_VOID.args.d: [D_DEREF_VOID] line 3: operator * cannot follow a pointer to void
    	trace(*args[4]);
    	      ^~~~~~~~
