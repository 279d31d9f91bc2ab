dtrace: failed to compile script err.D_DEREF_VOID.void.d: [D_DEREF_VOID] line 3: operator * cannot follow a pointer to void
    	trace(*(void *)arg0);
    	      ^~~~~~~~~~~~~
