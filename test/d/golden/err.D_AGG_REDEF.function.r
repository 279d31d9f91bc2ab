dtrace: failed to compile script err.D_AGG_REDEF.function.d: [D_AGG_REDEF] line 4: aggregation @a is redefined with another function:
	 current: @a = sum( )
	previous: @a = count( ) : line 3
    	@a = sum(pid);
    	^~~~~~~~~~~~~
