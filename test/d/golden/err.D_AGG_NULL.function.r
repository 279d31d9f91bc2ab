dtrace: failed to compile script err.D_AGG_NULL.function.d: [D_AGG_NULL] line 3: statement has no effect: count( )
    	count();
    	^~~~~~~
    hint: the result of count( ) can only be assigned to an aggregation, such as @a
