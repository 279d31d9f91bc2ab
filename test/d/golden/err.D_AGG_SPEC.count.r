dtrace: failed to compile script err.D_AGG_SPEC.count.d: [D_AGG_SPEC] line 4: aggregating actions may not follow speculate( )
    	@ = count();
    	^~~~~~~~~~~
    hint: put them into two clauses of the same probe, which run in their order
