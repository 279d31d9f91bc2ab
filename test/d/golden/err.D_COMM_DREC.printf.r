dtrace: failed to compile script err.D_COMM_DREC.printf.d: [D_COMM_DREC] line 4: commit( ) may not follow data-recording action(s)
    	commit(1);
    	^~~~~~~~~
    hint: put them into two clauses of the same probe, which run in their order
