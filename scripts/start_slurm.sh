#!/usr/bin/env bash
# A whole SLURM (munge, slurmctld, N slurmd) on this one machine, as root and without systemd, for the tests.
#   bash scripts/start_slurm.sh start [N_NODES]   |   node NAME   |   stop   |   status
# Debian: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge slurm-wlm-basic-plugins
# Everything it writes lies under $SLURM_HOME, but for a link at /etc/slurm/slurm.conf while it runs; clients need
# SLURM_CONF=$SLURM_HOME/slurm.conf. A machine that belongs to a cluster is left alone.
set -euo pipefail
SLURM_HOME=${SLURM_HOME:-${TMPDIR:-/tmp}/slurm-test}
NODES=2
if [ "${1:-start}" = start ]; then NODES=${2:-2}; fi
PORT=${SLURM_PORT:-16817}
DEFAULT_CONF=/etc/slurm/slurm.conf
export SLURM_CONF=$SLURM_HOME/slurm.conf

refuse() {
    echo "$1" >&2
    exit 1
}

check() {
    local name
    [ "$(id -u)" = 0 ] || refuse "only root starts SLURM's daemons"
    for name in munged slurmctld slurmd sbatch; do
        command -v "$name" >/dev/null || refuse "$name is not installed"
    done
    if [ -e "$DEFAULT_CONF" ] && [ "$(readlink "$DEFAULT_CONF")" != "$SLURM_CONF" ]; then
        refuse "$DEFAULT_CONF is there: this machine has a SLURM of its own"
    fi
    if [ -s "$SLURM_HOME/run/slurmctld.pid" ] && alive "$(cat "$SLURM_HOME/run/slurmctld.pid")"; then
        refuse "it runs already in $SLURM_HOME"
    fi
}

wait_for() {  # seconds, what, command...
    local deadline=$((SECONDS + $1)) what=$2; shift 2
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= deadline)); then echo "no $what in time; see $SLURM_HOME/log" >&2; return 1; fi
        sleep 0.2
    done
}

start() {
    check
    local host cpus mem i
    host=$(hostname -s); cpus=$(nproc); mem=$(($(awk '/MemTotal/{print $2}' /proc/meminfo) / 1024 * 9 / 10))
    mkdir -p "$SLURM_HOME"/{log,state,munge,run}
    # munged refuses folders others may write to (also parents), keys others may read.
    chown -R munge:munge "$SLURM_HOME/munge"; chmod 711 "$SLURM_HOME/munge"
    [ -s "$SLURM_HOME/munge/key" ] || dd if=/dev/urandom of="$SLURM_HOME/munge/key" bs=1 count=1024 status=none
    chown munge:munge "$SLURM_HOME/munge/key"; chmod 400 "$SLURM_HOME/munge/key"
    {
        echo "ClusterName=test"
        echo "SlurmctldHost=$host(127.0.0.1)"
        echo "SlurmUser=root"
        echo "SlurmdUser=root"
        echo "AuthType=auth/munge"
        echo "AuthInfo=socket=$SLURM_HOME/munge/socket"
        echo "CredType=cred/munge"
        echo "SlurmctldPort=$PORT"
        echo "StateSaveLocation=$SLURM_HOME/state"
        echo "SlurmctldPidFile=$SLURM_HOME/run/slurmctld.pid"
        echo "SlurmctldLogFile=$SLURM_HOME/log/slurmctld.log"
        echo "SlurmdPidFile=$SLURM_HOME/run/%n.pid"
        echo "SlurmdLogFile=$SLURM_HOME/log/%n.log"
        echo "SlurmdSpoolDir=$SLURM_HOME/spool.%n"
        echo "ProctrackType=proctrack/linuxproc"     # no cgroups
        echo "TaskPlugin=task/none"
        echo "JobAcctGatherType=jobacct_gather/linux" # samples /proc: needed to kill a job over its memory
        echo "JobAcctGatherFrequency=task=2"
        echo "JobAcctGatherParams=OverMemoryKill"
        echo "AccountingStorageType=accounting_storage/none"
        echo "JobCompType=jobcomp/filetxt"            # a plain file of ended jobs
        echo "JobCompLoc=$SLURM_HOME/log/jobcomp.txt"
        echo "SelectType=select/cons_tres"
        echo "SelectTypeParameters=CR_Core_Memory"
        echo "SchedulerType=sched/backfill"
        echo "SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0"
        echo "ReturnToService=2"
        echo "JobRequeue=0"                            # what to do again is said by those who submit
        echo "SlurmdTimeout=10"
        echo "SlurmctldTimeout=10"
        echo "InactiveLimit=0"
        echo "KillWait=2"
        echo "MinJobAge=600"                          # scontrol show job knows ended jobs this long
        echo "MailProg=/bin/true"
        echo "MpiDefault=none"
        echo "DefMemPerCPU=500"
        for ((i = 1; i <= NODES; i++)); do
            echo "NodeName=n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((PORT + i)) CPUs=$cpus RealMemory=$mem State=UNKNOWN"
        done
        echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
    } >"$SLURM_CONF"
    echo "CgroupPlugin=cgroup/v1" >"$SLURM_HOME/cgroup.conf"
    # Snakemake's jobstep plugin drops SLURM_CONF (and most of SLURM_*) before it calls srun, so the
    # file must also be where clients look by default.
    mkdir -p "${DEFAULT_CONF%/*}"
    ln -sfn "$SLURM_CONF" "$DEFAULT_CONF"
    setpriv --reuid=munge --regid=munge --clear-groups munged --key-file="$SLURM_HOME/munge/key" \
        --socket="$SLURM_HOME/munge/socket" --pid-file="$SLURM_HOME/munge/pid" \
        --log-file="$SLURM_HOME/munge/log" --seed-file="$SLURM_HOME/munge/seed" --num-threads=2 ${MUNGED_FORCE:-}
    wait_for 60 "munge" munge -n --socket "$SLURM_HOME/munge/socket"
    nice -n "${SLURM_NICE:-0}" slurmctld -f "$SLURM_CONF"
    for ((i = 1; i <= NODES; i++)); do node "n$i"; done
    wait_for 60 "slurmctld" scontrol ping
    wait_for 90 "idle nodes" bash -c "[ \$(sinfo -h -N -t idle -o %N | wc -l) -eq $NODES ]"
    sinfo
}

node() { nice -n "${SLURM_NICE:-0}" slurmd -f "$SLURM_CONF" -N "$1"; }

alive() { local s; s=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) && [ -n "$s" ] && [ "${s:0:1}" != Z ]; }

stop() {
    local pid f
    if [ -f "$SLURM_CONF" ]; then timeout 10 scancel --user=root 2>/dev/null || true; fi
    for f in "$SLURM_HOME"/run/n*.pid "$SLURM_HOME/run/slurmctld.pid" "$SLURM_HOME/munge/pid"; do
        [ -s "$f" ] || continue
        pid=$(cat "$f")
        kill "$pid" 2>/dev/null || continue
        # A daemon that has ended may stay a zombie where process 1 does not reap: ask its state.
        for _ in $(seq 100); do alive "$pid" || break; sleep 0.1; done
        alive "$pid" && kill -9 "$pid" 2>/dev/null
        rm -f "$f" || true
    done
    if [ "$(readlink "$DEFAULT_CONF" 2>/dev/null)" = "$SLURM_CONF" ]; then rm -f "$DEFAULT_CONF"; fi
}

case ${1:-start} in
    start) start ;;
    stop) stop ;;
    node) node "$2" ;; # one that was lost is there again
    status) sinfo -N -l; squeue ;;
    *) echo "start [N] | node NAME | stop | status" >&2; exit 2 ;;
esac
