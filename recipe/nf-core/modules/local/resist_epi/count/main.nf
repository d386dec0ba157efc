process RESIST_EPI_COUNT {
    tag "${meta.id}"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "resist_epi:0.2.0"

    input:
    tuple val(meta), path(sheet), path(files)
    val(regions)
    path(genes)

    output:
    tuple val(meta), path("*.counts.parquet"), emit: counts
    path "versions.yml"                      , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    def genes_of = genes ? "--genes ${genes}" : ''
    """
    resist-epi count ${sheet} \\
        --regions ${regions} \\
        --jobs ${task.cpus} \\
        --cache .cache \\
        -o ${prefix}.counts.parquet \\
        ${genes_of} \\
        ${args}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        resist_epi: \$(resist-epi --version | sed 's/.* //')
    END_VERSIONS
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.counts.parquet

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        resist_epi: \$(resist-epi --version | sed 's/.* //')
    END_VERSIONS
    """
}
