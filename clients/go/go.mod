module failover-lab/clients/go

go 1.21
