process RESIST_EPI_RUN {
    tag "${meta.id}"
    label 'process_high'

    conda "${moduleDir}/environment.yml"
    container "resist_epi:0.2.0"

    input:
    tuple val(meta), path(sheet), path(files)
    path(genes)
    path(exclude)

    output:
    tuple val(meta), path("${prefix}")                             , emit: folder
    tuple val(meta), path("${prefix}/differential/*.tsv.gz")       , emit: results, optional: true
    tuple val(meta), path("${prefix}/report.html")                 , emit: report
    path "${prefix}/multiqc/*_mqc.tsv"                             , emit: multiqc
    path "versions.yml"                                            , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    def genes_of = genes ? "--genes ${genes}" : ''
    def exclude_of = exclude ? "--exclude ${exclude}" : ''
    """
    resist-epi run ${sheet} \\
        -o ${prefix} \\
        --jobs ${task.cpus} \\
        --cache .cache \\
        ${genes_of} \\
        ${exclude_of} \\
        ${args}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        resist_epi: \$(resist-epi --version | sed 's/.* //')
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir -p ${prefix}/differential ${prefix}/multiqc
    touch ${prefix}/report.html ${prefix}/multiqc/resist_epi_calls_mqc.tsv
    echo "" | gzip > ${prefix}/differential/MARK.promoters.tsv.gz

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        resist_epi: \$(resist-epi --version | sed 's/.* //')
    END_VERSIONS
    """
}
