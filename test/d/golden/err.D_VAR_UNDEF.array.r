dtrace: failed to compile script err.D_VAR_UNDEF.array.d: [D_VAR_UNDEF] line 3: a is neither declared nor assigned before this
    	trace(a[1]);
    	      ^
