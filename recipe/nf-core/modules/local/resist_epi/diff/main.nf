process RESIST_EPI_DIFF {
    tag "${meta.id}"
    label 'process_low'

    conda "${moduleDir}/environment.yml"
    container "resist_epi:0.2.0"

    input:
    tuple val(meta), path(counts), path(sheet)
    val(contrast)

    output:
    tuple val(meta), path("*.results.tsv.gz"), emit: results
    path "versions.yml"                      , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    def samples_of = sheet ? "--samples ${sheet}" : ''
    def contrast_of = contrast ? "--contrast ${contrast}" : ''
    """
    resist-epi diff ${counts} \\
        -o ${prefix}.results.tsv.gz \\
        ${samples_of} \\
        ${contrast_of} \\
        ${args}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        resist_epi: \$(resist-epi --version | sed 's/.* //')
    END_VERSIONS
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    echo "" | gzip > ${prefix}.results.tsv.gz

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        resist_epi: \$(resist-epi --version | sed 's/.* //')
    END_VERSIONS
    """
}
