dtrace: failed to compile script err.D_SPEC_COMM.after.d: [D_SPEC_COMM] line 4: speculate( ) may not follow commit( )
    	speculate(1);
    	^~~~~~~~~~~~
    hint: put them into two clauses of the same probe, which run in their order
