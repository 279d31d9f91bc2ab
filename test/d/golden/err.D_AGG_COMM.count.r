dtrace: failed to compile script err.D_AGG_COMM.count.d: [D_AGG_COMM] line 4: aggregating actions may not follow commit( )
    	@ = count();
    	^~~~~~~~~~~
    hint: put them into two clauses of the same probe, which run in their order
