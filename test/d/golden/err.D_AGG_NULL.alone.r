dtrace: failed to compile script err.D_AGG_NULL.alone.d: [D_AGG_NULL] line 3: statement has no effect: @calls
    	@calls;
    	^~~~~~
    hint: feed it with an aggregating function, as in @calls = count()
