dtrace: failed to compile script err.D_DREC_COMM.exit.d: [D_DREC_COMM] line 4: data-recording actions may not follow commit( )
    	exit(0);
    	^~~~~~~
    hint: put them into two clauses of the same probe, which run in their order
