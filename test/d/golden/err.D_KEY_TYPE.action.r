dtrace: failed to compile script err.D_KEY_TYPE.action.d: [D_KEY_TYPE] line 3: key #1 of an aggregation cannot be of type "void"
    	@a[trace(1)] = count();
    	   ^~~~~~~~
    hint: trace( ) is an action: it can only be a statement of its own
