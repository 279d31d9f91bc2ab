dtrace: failed to compile script err.D_TRACE_VOID.action.d: [D_TRACE_VOID] line 3: trace( ) requires a value, not something of type void
    	trace(trace(1));
    	      ^~~~~~~~
    hint: trace( ) is an action: it can only be a statement of its own
